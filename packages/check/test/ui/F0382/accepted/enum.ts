import { move, thread } from 'fearless'

enum Level {
  Low,
  High,
}
export function run(level: Level): Level {
  thread.spawn(move(() => level))
  return level
}
