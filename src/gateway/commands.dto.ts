// The commands as classes: what is checked of each member. Members not named here are ignored.
import { IsBoolean, IsInt, IsObject, IsString, Length, Max, Min } from 'class-validator';
import { IsMessageId, IsPosition, IsRoomId, Optional } from '../core/validators.js';
import type {
  AuthCommand,
  BroadcastCommand,
  CommandRef,
  EnterCommand,
  HistoryCommand,
  KickCommand,
  MembersCommand,
  SayCommand,
  SendMessageCommand,
  SubscribeCommand,
  TypingCommand,
  UnsubscribeCommand,
} from '../protocol/commands.js';
import type { ClaimedPosition } from '../protocol/position.js';

class RoomDto {
  @IsString()
  @IsRoomId()
  readonly room: string;

  /** The other name of `room`; dialects have copied it over where `room` is missing. */
  @Optional()
  @IsString()
  readonly roomId?: string;
}

export class SubscribeDto extends RoomDto implements SubscribeCommand {
  @Optional()
  @IsPosition()
  readonly since?: ClaimedPosition;

  @Optional()
  @IsInt()
  @Min(0)
  readonly history?: number;
}

export class UnsubscribeDto extends RoomDto implements UnsubscribeCommand {}

export class SendMessageDto extends RoomDto implements SendMessageCommand {
  @IsString()
  readonly message: string;

  @Optional()
  @IsObject()
  readonly data?: Record<string, unknown>;

  @Optional()
  @IsString()
  @IsMessageId()
  readonly messageId?: string;
}

export class HistoryDto extends RoomDto implements HistoryCommand {
  @Optional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly before?: number;

  @Optional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly after?: number;

  @Optional()
  @IsInt()
  @Min(1)
  readonly limit?: number;
}

export class MembersDto extends RoomDto implements MembersCommand {
  @Optional()
  @IsInt()
  @Min(1)
  readonly limit?: number;
}

export class TypingDto extends RoomDto implements TypingCommand {
  @IsBoolean()
  readonly typing: boolean;
}

export class AuthDto implements AuthCommand {
  @IsString()
  readonly token: string;
}

export class KickDto extends RoomDto implements KickCommand {
  @IsString()
  @Length(1, 128)
  readonly user: string;
}

export class EnterDto extends RoomDto implements EnterCommand {
  @Optional()
  @IsString()
  readonly name?: string;
}

export class SayDto implements SayCommand {
  @IsString()
  readonly message: string;
}

export class BroadcastDto extends SayDto implements BroadcastCommand {
  @Optional()
  @IsObject()
  readonly data?: Record<string, unknown>;

  @Optional()
  @IsString()
  readonly name?: string;

  /** Read by the dialect, which has checked it. */
  readonly ref?: CommandRef;
}
