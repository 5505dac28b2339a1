import { move, thread } from 'fearless'

export function run(bytes: Uint8Array<SharedArrayBuffer>): void {
  thread.spawn(move(() => bytes.length))
}
