/** CommonJS without a compiler: `require`, and functions that use only their arguments. */
const { thread, parIter } = require('fearless')

async function main() {
  console.log('spawn:', await thread.spawn((a, b) => a + b, 20, 22).join())
  console.log(
    'parIter:',
    await parIter([1, 2, 3])
      .map(n => n * 2)
      .collect(),
  )
}
void main()
