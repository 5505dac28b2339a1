import { type Receiver } from 'fearless'

export function next(rx: Receiver<string>): string {
  return rx.recv().wait()
}
