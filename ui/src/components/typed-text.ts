import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** Time without a key after which a text counts as typed, in milliseconds. */
const typingMs = 200;

/** Returns a text as it was when typing last paused, without space around it. Requests for it are few. */
export function useTypedText(text: string): string {
  const typed = useSignal(text.trim());
  useEffect(() => {
    const timer = setTimeout(() => {
      typed.value = text.trim();
    }, typingMs);
    return () => {
      clearTimeout(timer);
    };
  }, [text, typed]);
  return typed.value;
}
