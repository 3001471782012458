/**
 * A tracer that keeps the spans it makes, in the order in which they began.
 *
 * @module
 */
import * as Tracer from "effect/Tracer"

export const recorder = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return { spans, tracer }
}
