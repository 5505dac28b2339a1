import { createServer, type Server } from 'node:http'
import { drop, move, mpsc, oneshot, thread, type OneshotSender } from 'fearless'
type Ask = { url: string; reply: OneshotSender<string> }
export function serve(): Server {
  const [asks, asked] = mpsc.channel<Ask>()
  thread.spawn(move(() => { for (const { url, reply } of asked) reply.send(url.toUpperCase()) }))
  const server = createServer((request, response) => {
    const [reply, answer] = oneshot.channel<string>()
    asks.send({ url: request.url ?? '', reply })
    answer.recv().then(text => response.end(text), () => response.end('gone'))
  })
  server.on('close', () => {
    drop(asks)
      server.closeAllConnections()
  })
  process.once('SIGTERM', () => server.close())
  return server
}
