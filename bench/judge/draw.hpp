// What all runs of one draw of the parts share.
#pragma once
#include "bench/experiment.hpp"
#include "bench/judge/draw_data.hpp"
#include "bench/judge/judge_study.hpp"

namespace embrace::judge {

struct Draw {
  const JudgeOptions& options;
  Experiment whole;  // on the fold that runs
  Experiment part;   // on the embedding part of the draw
  int number = 1;    // of the draw
  DrawData data;
};

}  // namespace embrace::judge
