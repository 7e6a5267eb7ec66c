// Guest tokens for whoever asks by name.
import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { AuthService, type GuestToken } from '../auth/auth.service.js';
import { bodyPipe, GuestBody } from './bodies.js';
import { RateGuard } from './rate.guard.js';

@Controller()
@UseGuards(RateGuard)
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Post('auth/guest')
  guest(@Body(bodyPipe) { username }: GuestBody): Promise<GuestToken> {
    return this.auth.issueGuestToken(username);
  }

  @Post('login')
  @HttpCode(200)
  async login(@Body(bodyPipe) { username }: GuestBody): Promise<Pick<GuestToken, 'token'>> {
    const { token } = await this.auth.issueGuestToken(username);
    return { token };
  }
}
