// The frames that the client reads, with the ids that it gives.
import type { ServerFrame } from '../../src/protocol/frames.js';

/** Frames of later versions may have other types: what is not known is left alone. */
export type Frame = ServerFrame & { readonly id?: number };

/** Frames about a room. */
export type RoomFrame = Extract<Frame, { readonly room: string }>;

export type FrameOf<Type extends Frame['type']> = Extract<Frame, { readonly type: Type }>;
