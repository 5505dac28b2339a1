import { mpsc, select, sleep, type Receiver } from 'fearless'
export async function serve(jobs: Receiver<string>, stop: Receiver<void>): Promise<void> {
  for (;;) {
    const got = await select({ job: jobs.recv(), stop: stop.recv(), late: sleep(1000) })
    if (got.key === 'stop') return
    if (got.key === 'job') console.log(got.value)
  }
}
const [tx, rx] = mpsc.channel<string>()
const [stopTx, stopRx] = mpsc.channel<void>()
tx.send('a')
stopTx.send()
await serve(rx, stopRx)
