// Rc stays in its thread: TypeScript refuses it, and so does the run time. Arc crosses.
import { Arc, Rc, move, thread } from 'fearless'

const rc = new Rc(5)
try {
  // @ts-expect-error Rc<number> cannot be sent between threads safely; use Arc
  thread.spawn((rc: Rc<number>) => console.log(rc.value), rc)
} catch (error) {
  console.log('refused:', (error as { code: string }).code)
}

const arc = new Arc(5)
console.log('shared:', await thread.spawn(move(() => arc.value)).join())
