import { move, thread } from 'fearless'

declare global {
  namespace JSX {
    interface IntrinsicElements {
      p: { title?: string }
    }
    type Element = object
  }
}

export function View({ rows }: { rows: number[] }): JSX.Element {
  thread.spawn(move(() => rows.length))
  return <p title={String(rows.length)} />
}
