// What HTTP requests carry, and how it is checked.
import { applyDecorators, ValidationPipe } from '@nestjs/common';
import { IsString, Matches } from 'class-validator';
import { ChatError } from '../protocol/errors.js';

/** A name people see: 1 to 64 characters, well-formed, none of them a control character. */
function IsName(): PropertyDecorator {
  return applyDecorators(
    IsString(),
    Matches(/^[^\p{Cc}\p{Cs}]{1,64}$/u, {
      message: 'username must have 1 to 64 characters, none of them a control character',
    }),
  );
}

export class GuestBody {
  @IsName()
  readonly username: string;
}

/** @throws ChatError BAD_REQUEST with the first thing that is wrong */
export const bodyPipe = new ValidationPipe({
  whitelist: true,
  exceptionFactory: ([error]) => {
    const [message = 'The body is not valid'] = Object.values(error?.constraints ?? {});
    return new ChatError('BAD_REQUEST', message);
  },
});
