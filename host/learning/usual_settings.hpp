// Defaults that several methods take from the data, by the same rules (docs/defaults.md).
#pragma once
#include "host/hyper.hpp"

namespace embrace {

/// Of `batch`. An epoch has about 64 steps on data of any size: Adam's steps have a size that does not depend on the
/// batch.
DefaultRule usual_batch();

/// Of a softmax's `temperature`. In a larger catalogue a movie must stand out from more, by cosines that lie closer
/// together.
DefaultRule usual_temperature();

}  // namespace embrace
