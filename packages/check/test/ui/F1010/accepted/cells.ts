import { LazyLock, OnceLock } from 'fearless'
const config = new LazyLock(() => ({ port: 80 }))
const started = new OnceLock<number>()
export async function port(): Promise<number> {
  const { port } = await config.force()
  return port + (await started.getOrInit(() => 1))
}
