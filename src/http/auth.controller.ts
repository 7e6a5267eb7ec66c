// Guest tokens for whoever asks by name.
import { Body, Controller, Headers, HttpCode, Post, UseGuards } from '@nestjs/common';
import { AuthService } from '../auth/auth.service.js';
import type { GuestAnswer, LoginAnswer } from './answers.js';
import { bearerToken } from './bearer-token.js';
import { BodyPipe } from './pipes.js';
import { RateGuard } from './rate.guard.js';
import { GuestBody } from './requests.js';

@Controller()
@UseGuards(RateGuard)
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  /** With a guest's token as a bearer token, the new one is for the same user. */
  @Post('auth/guest')
  guest(
    @Body(new BodyPipe(GuestBody)) { username }: GuestBody,
    @Headers('authorization') authorization?: string,
  ): Promise<GuestAnswer> {
    return this.auth.issueGuestToken(username, bearerToken(authorization));
  }

  @Post('login')
  @HttpCode(200)
  async login(@Body(new BodyPipe(GuestBody)) { username }: GuestBody): Promise<LoginAnswer> {
    const { token } = await this.auth.issueGuestToken(username);
    return { token };
  }
}
