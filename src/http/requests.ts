// What HTTP requests carry: what is checked of each member. Members of a body not named here are ignored.
import { applyDecorators } from '@nestjs/common';
import { IsInt, IsObject, IsString, Matches, Max, Min } from 'class-validator';
import { IsMessageId, IsRoomId, IsSender, Optional } from '../core/validators.js';
import type { HistoryCommand, SendMessageCommand } from '../protocol/commands.js';

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

export interface Sender {
  /**
   * 1 to 128 characters, none of them a control character.
   *
   * @pattern ^[^\p{Cc}]{1,128}$
   */
  readonly id: string;
  /**
   * 1 to 64 characters, none of them a control character; otherwise the id is shown.
   *
   * @pattern ^[^\p{Cc}]{1,64}$
   */
  readonly name?: string;
}

export class PublishBody implements Omit<SendMessageCommand, 'room'> {
  @IsString()
  readonly message: string;

  @Optional()
  @IsObject()
  readonly data?: Record<string, unknown>;

  /** Idempotency key, 1 to 64 characters. */
  @Optional()
  @IsString()
  @IsMessageId()
  readonly messageId?: string;

  /** On whose behalf; by default the server itself speaks. */
  @Optional()
  @IsSender()
  readonly sender?: Sender;
}

export class HistoryQuery implements Omit<HistoryCommand, 'room'> {
  /** Only messages below this offset. */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly before?: number;

  /** Only messages above this offset. */
  @Optional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly after?: number;

  /** 50 by default; more than 300 counts as 300. */
  @Optional()
  @IsInt()
  @Min(1)
  readonly limit?: number;
}

export class MembersQuery {
  /** 100 by default; more than 1,000 counts as 1,000. */
  @Optional()
  @IsInt()
  @Min(1)
  readonly limit?: number;
}

export class RoomsQuery extends MembersQuery {
  /** Only rooms behind this name: the `next` of the page before. */
  @Optional()
  @IsString()
  @IsRoomId()
  readonly after?: string;
}
