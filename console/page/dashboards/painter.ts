import type { Chart } from './chart.ts';

/** Time for drawing in each 16 ms frame. The rest is for scrolling. */
const FRAME_MS = 5;
/** Least time between two redraws of a chart. */
const REDRAW_MS = 1_000;

type Place = { readonly create: () => Chart; chart?: Chart; isDue: boolean; drawnMs: number };

/** Creates charts when they scroll into view and redraws changed ones: a few per frame, each at most once a second. */
export function createPainter() {
  const places = new Map<Element, Place>();
  const visible = new Set<Element>();
  let isScheduled = false;
  let isWaiting = false;
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) visible.add(target);
      else visible.delete(target);
    }
    schedule();
  });

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(paint);
  }

  function shownPlaces(): readonly Place[] {
    return [...visible].flatMap((element) => places.get(element) ?? []);
  }

  /** What has changed right after it was drawn is drawn when its time has come, whether or not more changes. */
  function scheduleLater(): void {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      schedule();
    }, REDRAW_MS);
  }

  function paint(): void {
    isScheduled = false;
    const startMs = performance.now();
    const due = shownPlaces().filter((place) => isDue(place, startMs));
    for (const place of due.sort((a, b) => a.drawnMs - b.drawnMs)) {
      if (place.chart) place.chart.draw();
      else place.chart = place.create();
      place.isDue = false;
      place.drawnMs = startMs;
      if (performance.now() - startMs > FRAME_MS) break;
    }
    if (due.some(({ isDue: isLeft }) => isLeft)) schedule();
    else if (shownPlaces().some(({ isDue: isLeft }) => isLeft)) scheduleLater();
  }

  return {
    watch(element: Element, create: () => Chart): () => void {
      const place: Place = { create, isDue: true, drawnMs: 0 };
      places.set(element, place);
      observer.observe(element);
      return () => {
        places.delete(element);
        visible.delete(element);
        observer.unobserve(element);
        place.chart?.close();
      };
    },
    /** Marks a chart as changed. */
    touch(element: Element): void {
      const place = places.get(element);
      if (place) place.isDue = true;
      if (visible.has(element)) schedule();
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
