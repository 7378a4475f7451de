import type { Chart } from './chart.ts';

/** A frame is 16 ms, and belongs to the reader's scrolling too. */
const FRAME_MS = 5;
/** Nobody reads a graph faster. */
const REDRAW_MS = 1_000;

type Place = { readonly create: () => Chart; chart?: Chart; isDue: boolean; drawnMs: number };

/** Makes charts as they come into snapshot, and draws those that have changed: a few each frame, each once a second. */
export function createPainter() {
  const places = new Map<Element, Place>();
  const seen = new Set<Element>();
  let isScheduled = false;
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) seen.add(target);
      else seen.delete(target);
    }
    schedule();
  });

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(paint);
  }

  function paint(): void {
    isScheduled = false;
    const startMs = performance.now();
    const due = [...seen]
      .flatMap((element) => places.get(element) ?? [])
      .filter((place) => isDue(place, startMs));
    for (const place of due.sort((a, b) => a.drawnMs - b.drawnMs)) {
      if (place.chart) place.chart.draw();
      else place.chart = place.create();
      place.isDue = false;
      place.drawnMs = startMs;
      if (performance.now() - startMs > FRAME_MS) break;
    }
    if (due.some(({ isDue: isLeft }) => isLeft)) schedule();
  }

  return {
    watch(element: Element, create: () => Chart): () => void {
      const place: Place = { create, isDue: true, drawnMs: 0 };
      places.set(element, place);
      observer.observe(element);
      return () => {
        places.delete(element);
        seen.delete(element);
        observer.unobserve(element);
        place.chart?.close();
      };
    },
    /** Its points have changed. */
    touch(element: Element): void {
      const place = places.get(element);
      if (place) place.isDue = true;
      if (seen.has(element)) schedule();
    },
    restyle(): void {
      for (const { chart } of places.values()) chart?.restyle();
    },
  };
}

function isDue({ isDue: has, chart, drawnMs }: Place, nowMs: number): boolean {
  return has && (chart === undefined || nowMs - drawnMs >= REDRAW_MS);
}

export type Painter = ReturnType<typeof createPainter>;
