/** The same web server on piscina, as piscina's README writes it: one pool with its default settings. */
import { createServer } from 'node:http'
import { Piscina } from 'piscina'

const pool = new Piscina<number, number>({ filename: new URL('./server-piscina-worker.ts', import.meta.url).href })
const steps = Number(process.env['STEPS'])

const server = createServer(async (request, response) => {
  if (request.url !== '/work') return void response.end('ok')
  response.end(String(await pool.run(steps)))
})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify(server.address())))
