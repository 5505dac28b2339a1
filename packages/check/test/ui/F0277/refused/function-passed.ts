import { thread } from 'fearless'

thread.spawn((f: () => number) => f(), () => 1)
