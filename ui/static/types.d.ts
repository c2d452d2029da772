/** What gr.HTML gives to the script of a component. */
export interface Component {
  element: HTMLElement;
  props: Record<string, any>;
  trigger: (event: string, data?: unknown) => void;
  server: Record<string, (...data: unknown[]) => Promise<any>>;
  watch: (props: string | string[], callback: () => void) => void;
}

/** A face as ui/view.py sends it; lengths are pixels of the picture. */
export interface Face {
  box: [number, number, number, number];
  label: string;
  confidence: number;
  probabilities: Record<string, number>;
  id?: number;
  crop?: string;
  attention?: number[][] | null;
}

declare global {
  interface Window {
    gradio_config: { i18n_translations: Record<string, Record<string, string>> };
  }
}
