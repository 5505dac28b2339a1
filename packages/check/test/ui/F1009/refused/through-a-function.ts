import { thread } from 'fearless'

function title(): string {
  return document.title
}
thread.spawn(() => title())
