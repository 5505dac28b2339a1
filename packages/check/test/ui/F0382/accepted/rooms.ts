import { drop, mpsc, type Sender } from 'fearless'
export class Rooms {
  readonly #rooms = new Map<string, Set<Sender<string>>>()
  join(room: string): AsyncIterable<string> {
    const [tx, rx] = mpsc.channel<string>()
    let all = this.#rooms.get(room)
    if (all === undefined) this.#rooms.set(room, (all = new Set()))
    all.add(tx)
    return rx
  }
  say(room: string, text: string): void {
    for (const tx of this.#rooms.get(room) ?? []) {
      try {
        tx.send(text)
      } catch {
        this.#rooms.get(room)?.delete(tx)
      }
    }
  }
  close(room: string): void {
    for (const tx of this.#rooms.get(room) ?? []) drop(tx)
    this.#rooms.delete(room)
  }
}
