/** A program that imports plain `fearless`: under `--conditions=fearless-model` it is simulated. */
import { Mutex, thread } from 'fearless'
import { model } from 'fearless/model'

const { executions, complete } = model(
  () => {
    const mutex = new Mutex(0)
    const add = (): void => void mutex.update(n => n + 1).wait()
    const handle = thread.spawn(add)
    add()
    handle.join().wait()
    if (mutex.lock().wait().value !== 2) throw new Error('an increment was lost')
  },
  { preemptions: 1 },
)
console.log(complete && executions > 10 ? 'explored' : `${executions} executions`)
