// The peer stock Nest: WsAdapter, ValidationPipe, and ioredis between the instances.

import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { decorateClass } from './decorate.mjs';
import { RoomGateway } from './room.gateway.mjs';
import { RoomService } from './room.service.mjs';

// oxlint-disable-next-line typescript/no-extraneous-class -- it is what Nest calls a module
class AppModule {}
decorateClass(AppModule, Module({ providers: [RoomGateway, RoomService] }));

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(Number(process.env.PORT), '127.0.0.1');
