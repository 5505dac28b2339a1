import { mpsc, type Sender } from 'fearless'

function open(): Sender<number> {
  const [tx] = mpsc.channel<number>()
  return tx
}
export function run(): Sender<number> {
  using tx = open()
  return tx
}
