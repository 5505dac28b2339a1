/** A web server with a thread per request, as the README writes it. */
import { createServer } from 'node:http'
import { thread } from 'fearless'
import { work } from './work.ts'

const steps = Number(process.env['STEPS'])

const server = createServer(async (request, response) => {
  if (request.url !== '/work') return void response.end('ok')
  const handle = thread.spawn((n: number) => work(n), steps)
  response.end(String(await handle))
})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify(server.address())))
