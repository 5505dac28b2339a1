import { Mutex } from 'fearless'

export class First {
  readonly a = new Mutex(0)
  readonly b = new Mutex(0)
  run(): void {
    using x = this.a.lock().wait()
    this.b.update(n => n + x.value).wait()
  }
}
export class Second {
  readonly a = new Mutex(0)
  readonly b = new Mutex(0)
  run(): void {
    using x = this.b.lock().wait()
    this.a.update(n => n + x.value).wait()
  }
}
