import { move, thread } from 'fearless'

export function greet(name: string[]) {
  const 挨拶 = ['こんにちは', '👨‍👩‍👧', 'é']
  thread.spawn(move(() => [...挨拶, ...name]))
	return '名前: ' + 挨拶.length + name.length
}
