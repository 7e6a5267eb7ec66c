// Wires the HTTP floor.
import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuthModule } from '../auth/auth.module.js';
import { RoomsModule } from '../rooms/rooms.module.js';
import { AuthController } from './auth.controller.js';
import { ChatErrorFilter } from './chat-error.filter.js';
import { ControlController } from './control.controller.js';
import { HealthController } from './health.controller.js';
import { RoomsController } from './rooms.controller.js';
import { UpgradeRequiredController } from './upgrade-required.controller.js';

@Module({
  imports: [AuthModule, RoomsModule],
  controllers: [
    AuthController,
    ControlController,
    HealthController,
    RoomsController,
    UpgradeRequiredController,
  ],
  providers: [{ provide: APP_FILTER, useClass: ChatErrorFilter }],
})
export class HttpModule {}
