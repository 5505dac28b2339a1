// A thread and main print side by side; join waits for the thread.
import { sleep, thread } from 'fearless'

const handle = thread.spawn(() => {
  for (let i = 1; i <= 3; i++) {
    console.log(`spawned thread: ${i}`)
    sleep(100).wait()
  }
})

for (let i = 1; i <= 3; i++) {
  console.log(`main thread: ${i}`)
  await sleep(100)
}

await handle.join()
