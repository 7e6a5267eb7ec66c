// Above the first message: that older ones are coming, that they could not be loaded, or that there are none.
import type { RoomModel } from '../model/room-model.js';

interface BeginningProps {
  readonly room: RoomModel;
  /** Whether the first one that was loaded is on the page. */
  readonly shown: boolean;
  readonly empty: boolean;
}

export function Beginning({ room, shown, empty }: BeginningProps) {
  const { value: loading } = room.loading;
  const { value: own } = room.outbox.messages;
  if (!shown) return <div class="beginning" />;
  if (typeof loading === 'string') {
    return (
      <div class="beginning" role="alert">
        <p>{loading}</p>
        <button type="button" onClick={() => room.retryLoading()}>
          Load older messages
        </button>
      </div>
    );
  }
  if (loading || room.timeline.more) {
    return (
      <div class="beginning">
        <span class="spinner" />
        <span class="visually-hidden">Loading messages</span>
      </div>
    );
  }
  if (empty && own.length === 0) return <Empty id={room.id} />;
  const trimmed = (room.timeline.oldest?.offset ?? 1) > 1;
  return (
    <div class="beginning">
      <p>{trimmed ? 'Older messages are no longer kept.' : `This is where #${room.id} begins.`}</p>
    </div>
  );
}

function Empty({ id }: { id: string }) {
  return (
    <div class="empty">
      <svg viewBox="0 0 160 120" aria-hidden="true">
        <rect class="empty-back" x="52" y="14" width="92" height="52" rx="18" />
        <path
          class="empty-front"
          d="M34 42h62a18 18 0 0 1 18 18v16a18 18 0 0 1-18 18H58l-20 14V93.5a18 18 0 0 1-22-17.5V60a18 18 0 0 1 18-18z"
        />
        <circle cx="50" cy="68" r="4.5" />
        <circle cx="65" cy="68" r="4.5" />
        <circle cx="80" cy="68" r="4.5" />
      </svg>
      <h2>It is quiet here</h2>
      <p>{`Nobody has said anything in #${id} yet. Be the first.`}</p>
    </div>
  );
}
