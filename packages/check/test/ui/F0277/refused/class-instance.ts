import { move, thread } from 'fearless'

class Session {
  readonly #key = 'x'
  open(): string {
    return this.#key
  }
}
export function run(session: Session): void {
  thread.spawn(move(() => session.open()))
}
