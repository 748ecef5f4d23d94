package media

// Constants of the noise floor; a step is one frame of 20 ms.
const (
	floorWindows      = 12  // windows whose lowest level counts
	floorWindowSteps  = 12  // 240 ms each, so 2.9 s in all: speech pauses at least once in that time
	floorSmoothing    = 0.3 // share of a new frame in the smoothed level
	floorBiasDB       = 1.0 // the lowest of many smoothed levels lies below the mean of the noise
	floorLowestDBov   = -75.0
	floorStartDBov    = -60.0
	steadySteps       = 35 // 700 ms of a level that does not move is no speech
	steadyRangeDB     = 3.0
	warmupSteps       = 6     // at the start of a call 120 ms have to do: nothing is known yet
	steadyHighestDBov = -30.0 // louder than this a steady sound may be a held vowel or a test tone: leave it to the windows
)

// noiseFloor tracks the level of what is there when nobody speaks, by minimum statistics: speech has gaps, noise has
// none. A steady noise that begins is recognised sooner, by its constant level.
type noiseFloor struct {
	windows  [floorWindows]float64
	window   int
	steps    int
	low      float64 // lowest smoothed level of the window being filled
	smoothed float64
	started  bool

	recent [steadySteps]float64
	filled int
	next   int
	age    int
}

// update takes the level of one frame and returns the floor, both in dBov.
func (f *noiseFloor) update(level float64) float64 {
	level = max(level, floorLowestDBov)
	if !f.started {
		f.started = true
		f.smoothed = level
		for i := range f.windows {
			f.windows[i] = floorStartDBov
		}
		f.low = 0
	}
	f.smoothed += floorSmoothing * (level - f.smoothed)
	f.low = min(f.low, f.smoothed)
	if f.steps++; f.steps == floorWindowSteps {
		f.windows[f.window] = f.low
		f.window = (f.window + 1) % floorWindows
		f.steps, f.low = 0, 0
	}
	f.recent[f.next] = level
	f.next = (f.next + 1) % steadySteps
	f.filled = min(f.filled+1, steadySteps)
	f.age++
	if mean, steady := f.steady(); steady {
		for i := range f.windows {
			f.windows[i] = mean - floorBiasDB
		}
		f.low = mean - floorBiasDB
	}
	return f.floor()
}

func (f *noiseFloor) floor() float64 {
	lowest := f.windows[0]
	for _, w := range f.windows[1:] {
		lowest = min(lowest, w)
	}
	if f.steps > 0 {
		lowest = min(lowest, f.low)
	}
	return lowest + floorBiasDB
}

// warm tells whether enough was heard to judge.
func (f *noiseFloor) warm() bool { return f.age >= warmupSteps }

// steady tells whether the level has not moved for a while, and where it stands.
func (f *noiseFloor) steady() (mean float64, ok bool) {
	if f.filled < steadySteps && f.age != warmupSteps {
		return 0, false
	}
	low, high, sum := f.recent[0], f.recent[0], 0.0
	for _, l := range f.recent[:f.filled] {
		low, high = min(low, l), max(high, l)
		sum += l
	}
	return sum / float64(f.filled), high-low <= steadyRangeDB && high <= steadyHighestDBov
}
