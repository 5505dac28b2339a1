// A getter of an error's class works after the error has crossed.
// prints: 404 true
import { mpsc, sendable } from 'fearless'

class HttpError extends Error {
  readonly response = { status: 404 }
  get status(): number {
    return this.response.status
  }
}
sendable(HttpError)

const [tx, rx] = mpsc.channel<HttpError>()
tx.send(new HttpError('not found'))
const error = await rx.recv()
console.log(error.status, error instanceof HttpError)
