// The computation of one row of pixels: of the Mandelbrot set, and of a blurred picture. Threads call it.

/** The part of the complex plane that a picture shows. */
export interface View {
  readonly x: number
  readonly y: number
  /** Width of the picture in the complex plane. */
  readonly width: number
}

const STEPS = 500

/** Returns the RGBA bytes of a row of the Mandelbrot set. */
export function mandelbrotRow(view: View, row: number, columns: number, rows: number): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(columns * 4)
  const step = view.width / columns
  const cy = view.y + (row - rows / 2) * step
  for (let column = 0; column < columns; column++) {
    const cx = view.x + (column - columns / 2) * step
    const steps = escapeTime(cx, cy)
    const shade = steps === STEPS ? 0 : Math.sqrt(steps / STEPS)
    pixels.set([255 * shade, 255 * shade ** 1.5 * 0.9, 90 + 165 * Math.sin(Math.PI * shade), 255], column * 4)
    if (steps === STEPS) pixels.set([0, 0, 0, 255], column * 4)
  }
  return pixels
}

function escapeTime(cx: number, cy: number): number {
  let [x, y] = [0, 0]
  for (let step = 0; step < STEPS; step++) {
    const [xx, yy] = [x * x, y * y]
    if (xx + yy > 4) return step
    y = 2 * x * y + cy
    x = xx - yy + cx
  }
  return STEPS
}

/** The radius of the blur, in pixels. */
export const RADIUS = 6

/** Returns the RGBA bytes of the middle row of a strip of rows, each pixel the mean of its neighbours. */
export function blurredRow(strip: Uint8ClampedArray, columns: number): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(columns * 4)
  const rows = strip.length / 4 / columns
  for (let column = 0; column < columns; column++) {
    const sums = [0, 0, 0]
    const from = Math.max(0, column - RADIUS)
    const to = Math.min(columns - 1, column + RADIUS)
    for (let row = 0; row < rows; row++) {
      for (let x = from; x <= to; x++) for (let c = 0; c < 3; c++) sums[c] += strip[(row * columns + x) * 4 + c]
    }
    const count = rows * (to - from + 1)
    pixels.set([sums[0] / count, sums[1] / count, sums[2] / count, 255], column * 4)
  }
  return pixels
}
