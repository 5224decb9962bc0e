// Scale: which ratings are legal.
#pragma once

namespace embrace {

/// The legal ratings of a data set. step 0: any number in [lowest, highest].
struct Scale {
  float lowest = 1;
  float highest = 5;
  float step = 1;
};

}  // namespace embrace
