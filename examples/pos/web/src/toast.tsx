/** Short words on what went wrong, at the foot of the page. */
import {
  createContext,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
} from 'react';
import './toast.css';

const SHOWN_MS = 6000;

const ToastContext = createContext<(text: string) => void>(() => {});

export function ToastProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [text, setText] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const show = useCallback((next: string) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setText(null), SHOWN_MS);
    setText(next);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <ToastContext value={show}>
      {children}
      <div className="toast-region" role="alert">
        {text !== null && <p className="toast">{text}</p>}
      </div>
    </ToastContext>
  );
}

/** Says something went wrong. */
export function useToast(): (text: string) => void {
  return useContext(ToastContext);
}
