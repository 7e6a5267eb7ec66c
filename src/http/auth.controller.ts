// Guest tokens for whoever asks by name.
import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { AuthService, type GuestToken } from '../auth/auth.service.js';
import { BodyPipe } from './pipes.js';
import { RateGuard } from './rate.guard.js';
import { GuestBody } from './requests.js';

@Controller()
@UseGuards(RateGuard)
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Post('auth/guest')
  guest(@Body(new BodyPipe(GuestBody)) { username }: GuestBody): Promise<GuestToken> {
    return this.auth.issueGuestToken(username);
  }

  @Post('login')
  @HttpCode(200)
  async login(@Body(new BodyPipe(GuestBody)) { username }: GuestBody): Promise<Pick<GuestToken, 'token'>> {
    const { token } = await this.auth.issueGuestToken(username);
    return { token };
  }
}
