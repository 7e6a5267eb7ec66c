// Tells who asks for a WebSocket path by plain HTTP what it is for.
import { Controller, Get, Header, HttpException } from '@nestjs/common';

@Controller('ws')
export class UpgradeRequiredController {
  @Get(['', ':room'])
  @Header('Upgrade', 'websocket')
  upgradeRequired(): never {
    throw new HttpException('This path is for WebSockets', 426);
  }
}
