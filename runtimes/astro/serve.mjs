/** Starts the server that was built, prints its page, and ends. */
process.env.HOST = '127.0.0.1'
process.env.PORT = '0'
process.env.ASTRO_NODE_AUTOSTART = 'disabled'
const { startServer } = await import('./dist/server/entry.mjs')
const { server } = startServer()
await new Promise(listening => server.server.once('listening', listening))
const { port } = server.server.address()
console.log(await (await fetch(`http://127.0.0.1:${port}/`)).text())
process.exit()
