// The page: draws each row as soon as a thread has computed it, shows the progress, and cancels a picture that the user
// has left.
import { AtomicI32, move, mpsc, thread, type Sender } from 'fearless'
import { RADIUS, blurredRow, mandelbrotRow, type View } from './rows.ts'

const element = <T extends Element>(id: string): T => document.querySelector<T>(`#${id}`)!
const canvas = element<HTMLCanvasElement>('picture')
const context = canvas.getContext('2d', { willReadFrequently: true })!
const progress = element<HTMLProgressElement>('progress')
const status = element<HTMLOutputElement>('status')
const cancel = element<HTMLButtonElement>('cancel')

canvas.width = Math.min(960, Math.round(canvas.clientWidth * devicePixelRatio))
canvas.height = Math.round(canvas.width / 1.6)

let view: View = { x: -0.6, y: 0, width: 3.4 }

interface Row {
  readonly row: number
  readonly pixels: Uint8ClampedArray
}

/** Set to 1 to end the threads of the picture that is being drawn. */
let stop: AtomicI32 | undefined

/** Receives the rows that threads send, draws them, and shows the progress. */
async function draw(name: string, start: (tx: Sender<Row>, stop: AtomicI32) => void): Promise<void> {
  stop?.store(1)
  const own = new AtomicI32(0)
  stop = own
  cancel.disabled = false
  const [tx, rx] = mpsc.channel<Row>()
  const began = performance.now()
  start(tx, own)
  let drawn = 0
  for await (const { row, pixels } of rx) {
    if (own.load() === 1) break
    context.putImageData(new ImageData(new Uint8ClampedArray(pixels), canvas.width, 1), 0, row)
    progress.value = ++drawn / canvas.height
  }
  if (stop !== own) return
  cancel.disabled = true
  const time = Math.round(performance.now() - began)
  const done = drawn === canvas.height
  status.textContent = `${name}: ${done ? `${time} ms` : `cancelled after ${drawn} rows`} with ${thread.availableParallelism()} threads, zoom ${(3.4 / view.width).toPrecision(3)}`
}

function drawMandelbrot(): Promise<void> {
  const { x, y, width } = view
  const [columns, rows] = [canvas.width, canvas.height]
  return draw('Mandelbrot', (tx, stop) => {
    const next = new AtomicI32(0)
    for (let i = 0; i < thread.availableParallelism(); i++) {
      const mine = tx.clone()
      thread.spawn(
        move(() => {
          for (let row = next.fetchAdd(1); row < rows && stop.load() === 0; row = next.fetchAdd(1))
            mine.send({ row, pixels: mandelbrotRow({ x, y, width }, row, columns, rows) })
        }),
      )
    }
    tx[Symbol.dispose]()
  })
}

function blur(): Promise<void> {
  const [columns, rows] = [canvas.width, canvas.height]
  const { data } = context.getImageData(0, 0, columns, rows)
  return draw('Blur', (tx, stop) => {
    const threads = thread.availableParallelism()
    for (let i = 0; i < threads; i++) {
      const mine = tx.clone()
      const first = Math.floor((rows * i) / threads)
      const last = Math.floor((rows * (i + 1)) / threads)
      const top = Math.max(0, first - RADIUS)
      const part = data.slice(top * columns * 4, Math.min(rows, last + RADIUS) * columns * 4)
      thread.spawn(
        move(() => {
          for (let row = first; row < last && stop.load() === 0; row++) {
            const from = Math.max(0, row - top - RADIUS) * columns * 4
            const strip = part.slice(from, (row - top + RADIUS + 1) * columns * 4)
            mine.send({ row, pixels: blurredRow(strip, columns) })
          }
        }),
      )
    }
    tx[Symbol.dispose]()
  })
}

function zoom(factor: number, at = { x: 0.5, y: 0.5 }): void {
  const width = view.width * factor
  const height = (width * canvas.height) / canvas.width
  const lost = (view.width - width) * (at.x - 0.5)
  view = { width, x: view.x + lost, y: view.y + ((view.width - width) * height * (at.y - 0.5)) / width }
  void drawMandelbrot()
}

element('in').addEventListener('click', () => zoom(0.5))
element('out').addEventListener('click', () => zoom(2))
element('filter').addEventListener('click', () => void blur())
cancel.addEventListener('click', () => stop?.store(1))
canvas.addEventListener('wheel', event => {
  event.preventDefault()
  zoom(event.deltaY < 0 ? 0.8 : 1.25, { x: event.offsetX / canvas.clientWidth, y: event.offsetY / canvas.clientHeight })
})
canvas.addEventListener('pointermove', ({ buttons, movementX, movementY }) => {
  if (buttons !== 1) return
  const scale = view.width / canvas.clientWidth
  view = { ...view, x: view.x - movementX * scale, y: view.y - movementY * scale }
  void drawMandelbrot()
})

await drawMandelbrot()
document.body.dataset.ready = 'true'
