// An Error is read after it was sent.
// refused by: run MovedError
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<Error>()
const failure = new Error('disk full')
const log = [failure]
tx.send(failure)
console.log((await rx.recv()).message, log[0]!.message)
