import { Arc, Mutex, move, thread } from 'fearless'

function logged(_: unknown, context: ClassMethodDecoratorContext): void {
  console.log(`decorated ${String(context.name)}`)
}

class Greeter {
  @logged
  greet(): string {
    return 'hello'
  }
}

export async function decorated(): Promise<string> {
  const shared = new Arc(new Mutex(new Greeter().greet()))
  await thread
    .spawn(
      move(() => {
        using guard = shared.lock().wait()
        guard.value += ' from a thread'
        throw new Error('poisons')
      }),
    )
    .join()
    .catch(() => {})
  try {
    using guard = await shared.lock()
    return guard.value
  } catch (error) {
    return (error as Error).name
  }
}
