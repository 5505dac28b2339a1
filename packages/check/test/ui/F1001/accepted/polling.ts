import { Mutex, sleep } from 'fearless'
export async function poll(m: Mutex<{ done: boolean }>): Promise<void> {
  for (;;) {
    {
      using g = await m.lock()
      if (g.value.done) return
    }
    await sleep(10)
  }
}
export async function poll2(m: Mutex<{ done: boolean }>): Promise<void> {
  while (!(await m.with(v => v.done))) await sleep(10)
}
