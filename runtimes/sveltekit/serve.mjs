/** Serves the application that was built, prints its page, and ends. */
import { createServer } from 'node:http'
import { handler } from './build/handler.js'

const server = createServer(handler)
await new Promise(listening => server.listen(0, '127.0.0.1', listening))
console.log(await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text())
process.exit()
