import { Arc, Mutex, drop, mpsc, thread, type Sender } from 'fearless'

interface State {
  name: string
  total: Arc<Mutex<number>>
  bytes: Uint8Array<ArrayBuffer>
  rest: { bytes: number[] }
  ends: Sender<number>[]
}
export function run(state: State): State {
  const [names] = mpsc.channel<string>()
  const [tx] = mpsc.channel<Uint8Array<ArrayBuffer>>()
  names.send(state.name)
  names.send(state.name)
  thread.spawn(total => total.update(n => n + 1).wait(), state.total)
  console.log(state.total)
  tx.send(state.bytes)
  console.log(state.name, state.rest.bytes)
  state.bytes = new Uint8Array(3)
  state.bytes[0] = 1
  for (const end of state.ends) drop(end)
  return state
}
