import { thread } from 'fearless'

for (let i = 0; i < 3; i++) {
  thread.spawn(() => console.log(i))
}
