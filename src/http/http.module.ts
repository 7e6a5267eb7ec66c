// Wires the HTTP floor.
import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuthModule } from '../auth/auth.module.js';
import { RoomsModule } from '../rooms/rooms.module.js';
import { AuthController } from './auth.controller.js';
import { ControlController } from './control.controller.js';
import { ErrorFilter } from './error.filter.js';
import { HealthController } from './health.controller.js';
import { MessagesController } from './messages.controller.js';
import { RoomsController } from './rooms.controller.js';
import { UpgradeRequiredController } from './upgrade-required.controller.js';

@Module({
  imports: [AuthModule, RoomsModule],
  controllers: [
    AuthController,
    ControlController,
    HealthController,
    MessagesController,
    RoomsController,
    UpgradeRequiredController,
  ],
  providers: [{ provide: APP_FILTER, useClass: ErrorFilter }],
})
export class HttpModule {}
