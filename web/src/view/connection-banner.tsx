// What is wrong with the connection, and when the next try is; nothing while all is well.
import { useEffect, useState } from 'preact/hooks';
import type { ChatModel } from '../model/chat-model.js';
import { stateInWords } from '../model/words.js';

const TICK_MS = 250;

interface ConnectionBannerProps {
  readonly chat: ChatModel;
  /** After the server has said that it does not want this connection back. */
  readonly onRestart: () => void;
}

export function ConnectionBanner({ chat, onRestart }: ConnectionBannerProps) {
  const { value: state } = chat.connection;
  if (state.status === 'idle' || state.status === 'connected') return null;
  if (state.status === 'connecting' && state.attempt === 0) return null;
  return (
    <div class="banner" data-status={state.status}>
      <span class="banner-dot" aria-hidden="true" />
      <p>
        {stateInWords(state)} {state.status === 'waiting' && <Countdown until={state.retryAt} />}
      </p>
      {state.status === 'waiting' && (
        <button type="button" onClick={() => chat.connectNow()}>
          Try now
        </button>
      )}
      {state.status === 'closed' && (
        <button type="button" onClick={onRestart}>
          Connect again
        </button>
      )}
    </div>
  );
}

function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(1, Math.ceil((until - now) / 1_000));
  return <span class="countdown">{`Next try in ${seconds} s.`}</span>;
}
