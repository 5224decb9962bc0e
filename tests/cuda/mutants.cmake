# Faults planted in copies of the sources, each with the test that must see it: a test that cannot fail proves nothing.
#   add_mutant(NAME SOURCE file [COMPILE files] PROGRAM test-program FAILS Suite.Test FROM [[text]] TO [[text]])
# The text must occur once in the source. A source file takes the place of its original in the program; for a header,
# COMPILE names the sources that must be compiled again with it.
function(add_mutant name)
  cmake_parse_arguments(PARSE_ARGV 1 MUTANT "" "SOURCE;PROGRAM;FAILS;FROM;TO" "COMPILE")
  set(original ${CMAKE_SOURCE_DIR}/${MUTANT_SOURCE})
  set(folder ${CMAKE_BINARY_DIR}/mutants/${name})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${original})
  file(READ ${original} text)
  string(FIND "${text}" "${MUTANT_FROM}" first)
  string(FIND "${text}" "${MUTANT_FROM}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "Mutant ${name}: '${MUTANT_FROM}' is not once in ${MUTANT_SOURCE}")
  endif()
  string(REPLACE "${MUTANT_FROM}" "${MUTANT_TO}" text "${text}")
  set(copy ${folder}/${MUTANT_SOURCE})
  set(old "")
  if(EXISTS ${copy})
    file(READ ${copy} old)
  endif()
  if(NOT old STREQUAL text)
    file(WRITE ${copy} "${text}")
  endif()

  set(sources "")
  if(NOT MUTANT_SOURCE MATCHES "h(pp)?$")
    set(sources ${copy})
  endif()
  set(test_is_compiled FALSE)
  foreach(source ${MUTANT_COMPILE})
    list(APPEND sources ${CMAKE_SOURCE_DIR}/${source})
    if(source MATCHES "/${MUTANT_PROGRAM}\\.")
      set(test_is_compiled TRUE)
    endif()
  endforeach()
  if(NOT test_is_compiled)
    list(APPEND sources $<TARGET_OBJECTS:${MUTANT_PROGRAM}>)
  endif()
  add_cuda_program(mutant_${name} ${sources})
  target_include_directories(mutant_${name} BEFORE PRIVATE ${folder})
  add_test(NAME mutant/${name} COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:mutant_${name}> -DTEST=${MUTANT_FAILS}
           -P ${CMAKE_CURRENT_SOURCE_DIR}/expect_failure.cmake)
endfunction()

add_mutant(reduce_lacks_a_level SOURCE cuda/math/reduce.cuh COMPILE tests/cuda/math/rows_test.cu PROGRAM rows_test
           FAILS RowsTest.SumsOfRowsOfEverySize FROM [[step > 0;]] TO [[step > 1;]])
add_mutant(reduce_lacks_the_barrier SOURCE cuda/math/reduce.cuh COMPILE cuda/math/sums.cu PROGRAM rows_test
           FAILS SumTest.SumsOfArraysOfEverySize FROM [[__syncthreads();]] TO [[]])
add_mutant(sums_step_too_far SOURCE cuda/math/sums.cu PROGRAM rows_test
           FAILS SumTest.SumsOfArraysOfEverySize FROM [[i += step]] TO [[i += step + 1]])
add_mutant(rows_lose_a_piece SOURCE cuda/math/rows.cuh COMPILE tests/cuda/math/rows_test.cu PROGRAM rows_test
           FAILS RowsTest.OneRowWithAllTheRatings FROM [[piece = row.first;]] TO [[piece = row.first + 1;]])
add_mutant(rows_short_limit SOURCE cuda/math/rows.cuh COMPILE tests/cuda/math/rows_test.cu PROGRAM rows_test
           FAILS RowsTest.SumsOfRowsOfEverySize FROM [[place < list.size;]] TO [[place + 1 < list.size;]])
add_mutant(random_key SOURCE cuda/math/random.cuh COMPILE tests/cuda/math/random_test.cu PROGRAM random_test
           FAILS RandomTest.TheSameBitsAsOnTheHost FROM [[0xBB67AE85U]] TO [[0xBB67AE84U]])
add_mutant(pairs_skip_columns SOURCE cuda/learning/embedding.cu PROGRAM embedding_test
           FAILS EmbeddingTest.PairsOfEveryWidthAndNumber FROM [[k += lanes_a_pair]] TO [[k += 2 * lanes_a_pair]])
add_mutant(scores_take_the_wrong_bias SOURCE cuda/learning/embedding_items.cu PROGRAM embedding_test
           FAILS EmbeddingTest.ScoresOfAllItems FROM [=[bias_of(model.user_bias, users[number])]=] TO [=[bias_of(model.user_bias, number)]=])
add_mutant(tiles_lack_a_barrier SOURCE cuda/learning/embedding_items.cu PROGRAM embedding_test
           FAILS EmbeddingTest.ListsOfEveryShape FROM [[__syncthreads();  // the next slab is there, and all have read this one]] TO [[]])
add_mutant(tiles_offer_one_row_of_two SOURCE cuda/learning/embedding_items.cu PROGRAM embedding_test
           FAILS EmbeddingTest.ListsOfEveryShape FROM [[(lanes & ~lanes_of_first) != 0]] TO [[(lanes & ~lanes_of_first) == all_lanes]])
add_mutant(tiles_overlook_what_is_not_finite SOURCE cuda/learning/embedding_items.cu PROGRAM embedding_test
           FAILS EmbeddingTest.ListsOfScoresThatAreNotFinite FROM [[__all_sync(all_lanes, wrong == 0)]] TO [[__any_sync(all_lanes, wrong == 0)]])
add_mutant(biases_of_single_ratings SOURCE cuda/methods/baselines.cu PROGRAM baselines_test
           FAILS BaselinesTest.BiasesOfRowsAreThoseOfPlainLoops FROM [[if (size > 0)]] TO [[if (size > 1)]])
add_mutant(sgd_steps_without_a_barrier SOURCE cuda/methods/sgd_epoch.cu PROGRAM sgd_test
           FAILS SgdEpochTest.AnyNumberOfFactors FROM [[__syncthreads();]] TO [[]])
add_mutant(sgd_fetches_the_row_at_hand SOURCE cuda/methods/sgd_epoch.cu PROGRAM sgd_test
           FAILS SgdEpochTest.OneUserOrOneItemWithAllTheRatings FROM [[next.y != now.y]] TO [[true]])
add_mutant(sgd_loses_the_last_user SOURCE cuda/methods/sgd_epoch.cu PROGRAM sgd_test
           FAILS SgdEpochTest.AnyShapeAndNumberOfGroups FROM [[p_.store(users_, row(a.x));]] TO [[]])
add_mutant(sgd_loses_a_turn SOURCE cuda/methods/sgd_epoch.cu PROGRAM sgd_test
           FAILS SgdEpochTest.AnyShapeAndNumberOfGroups FROM [[sum += step(c, a);]] TO [[]])
add_mutant(sgd_decay_of_another_power SOURCE cuda/methods/sgd_epoch.cu PROGRAM sgd_test
           FAILS SgdEpochTest.AnyNumberOfFactors FROM [[bias_regularization / n]] TO [[bias_regularization * n]])
add_mutant(sgd_overlooks_a_bias SOURCE cuda/methods/sgd_epoch.cu PROGRAM sgd_test
           FAILS SgdEpochTest.NumbersOutOfBoundsAreSeen FROM [[i < side.bias.size]] TO [[i + 1 < side.bias.size]])
add_mutant(initial_factors_of_other_rows SOURCE cuda/learning/first_vectors.cu PROGRAM sgd_test
           FAILS SgdTest.BeginsWithTheCpusFactors FROM [[(first_row + row)]] TO [[(row)]])
add_mutant(gather_forgets_threads SOURCE cuda/math/normal_equations.cuh COMPILE cuda/math/normal_equations.cu PROGRAM normal_equations_test
           FAILS NormalEquationsTest.CholeskyForRowsOfEverySize FROM [[n * together + mine]] TO [[n * together]])
add_mutant(long_rows_lose_a_piece SOURCE cuda/math/normal_equations.cu PROGRAM normal_equations_test
           FAILS NormalEquationsTest.CholeskyForRowsOfEverySize FROM [[piece = row.first;]] TO [[piece = row.first + 1;]])
add_mutant(gradients_forget_the_bias SOURCE cuda/math/conjugate_gradients.cuh COMPILE cuda/math/conjugate_gradients.cu PROGRAM normal_equations_test
           FAILS NormalEquationsTest.ConjugateGradientsForRowsOfEverySize
           FROM [[group_sum<lanes>(weight) + bias_direction]] TO [[group_sum<lanes>(weight)]])
add_mutant(gradients_keep_their_direction SOURCE cuda/math/conjugate_gradients.cuh COMPILE cuda/math/conjugate_gradients.cu PROGRAM normal_equations_test
           FAILS NormalEquationsTest.StepsOfConjugateGradientsFollowTheFormula
           FROM [[static_cast<float>(rho / last_rho)]] TO [[static_cast<float>(0.99 * rho / last_rho)]])
add_mutant(steps_scale_by_the_diagonal SOURCE cuda/math/conjugate_gradients.cu PROGRAM alternating_test
           FAILS AlternatingTest.AnEpochIsThatOfTheCpu FROM [[iteration{steps, false}]] TO [[iteration{steps, true}]])
add_mutant(blocks_forget_what_they_moved SOURCE cuda/math/subspace.cu PROGRAM normal_equations_test
           FAILS NormalEquationsTest.BlocksOfFactorsFollowTheFormula FROM [=[(from_one ? 1.0F : left[e])]=] TO [=[1.0F]=])
add_mutant(blocks_start_at_zero SOURCE cuda/math/normal_equations.cuh COMPILE cuda/math/normal_equations.cu PROGRAM normal_equations_test
           FAILS NormalEquationsTest.BlocksOfFactorsFollowTheFormula FROM [=[systems.alpha * systems.product(row, c) +]=] TO [=[]=])
add_mutant(penalties_without_bias SOURCE cuda/math/ridges.cu PROGRAM alternating_test
           FAILS AlternatingTest.AnEpochIsThatOfTheCpu FROM [[squares + bias_ridge * b * b]] TO [[squares]])
add_mutant(segments_lose_the_last_element SOURCE cuda/math/segments.cuh COMPILE tests/cuda/math/segments_test.cu PROGRAM segments_test
           FAILS SegmentsTest.SumsOfSegmentsOfEverySize FROM [[e < last; ++e]] TO [[e + 1 < last; ++e]])
add_mutant(segments_take_one_piece_a_group SOURCE cuda/math/segments.cuh COMPILE tests/cuda/math/segments_test.cu PROGRAM segments_test
           FAILS SegmentsTest.SumsOfSegmentsOfEverySize FROM [[p += groups]] TO [[p += groups + last_piece]])
add_mutant(segments_join_one_piece SOURCE cuda/math/segments.cuh COMPILE tests/cuda/math/segments_test.cu PROGRAM segments_test
           FAILS SegmentsTest.SumsOfSegmentsOfEverySize FROM [[other * tile < end]] TO [[other * tile < end && other < t + 2]])
add_mutant(segments_finish_what_was_cut SOURCE cuda/math/segments.cuh COMPILE tests/cuda/math/segments_test.cu PROGRAM segments_test
           FAILS SegmentsTest.SumsOfSegmentsOfEverySize FROM [=[&& (last == end || list.keys[last] != key)]=] TO [=[]=])
add_mutant(pieces_ignore_tiles SOURCE cuda/math/order.cu PROGRAM segments_test
           FAILS SegmentsTest.SumsOfSegmentsOfEverySize FROM [=[i % tile == 0 || keys[i] != keys[i - 1]]=] TO [=[i == 0 || keys[i] != keys[i - 1]]=])
add_mutant(batches_begin_a_piece_early SOURCE cuda/math/segments.cu PROGRAM segments_test
           FAILS SegmentsTest.SumsOfSegmentsOfEverySize FROM [=[pieces[middle] <= batch_elements[batch]]=] TO [=[pieces[middle] < batch_elements[batch]]=])
add_mutant(runs_go_on_with_the_next_key SOURCE cuda/math/order.cu PROGRAM slots_test
           FAILS SlotsTest.CollectsWhatTheHostCollects FROM [=[(i == 0 || keys[i] != keys[i - 1]) ? 1 : 0]=] TO [=[(i == 0 || keys[i] > keys[i - 1] + 1) ? 1 : 0]=])
add_mutant(sort_drops_a_bit SOURCE cuda/math/order.cu PROGRAM segments_test
           FAILS SegmentsTest.SortsByLowBitsAndKeepsTheOrderOfEqualKeys FROM [[bits, device.stream()]] TO [[bits - 1, device.stream()]])
add_mutant(samples_bisect_too_far SOURCE cuda/learning/samples.cuh COMPILE cuda/learning/samples.cu PROGRAM slots_test
           FAILS SlotsTest.DrawsTheOneMovieThatAUserLacks FROM [[low = middle + 1]] TO [[low = middle + 2]])
add_mutant(samples_in_the_wrong_place SOURCE cuda/learning/samples.cu PROGRAM slots_test
           FAILS SlotsTest.DrawsTheSamplesOfTheHost FROM [=[out.items[begin + here + p]]=] TO [=[out.items[begin + batch + p - (batch - here) / 2]]=])
add_mutant(slots_keep_their_identity SOURCE cuda/learning/embedding_table.cuh COMPILE cuda/learning/embedding_table.cu PROGRAM slots_test
           FAILS SlotsTest.CollectsWhatTheHostCollects FROM [[(entity)) < dropout.share]] TO [[(entity)) < 0]])
add_mutant(slots_take_the_wrong_entries SOURCE cuda/learning/embedding_table.cu PROGRAM slots_test
           FAILS SlotsTest.CollectsWhatTheHostCollects FROM [=[slots.entries.end(entity) - (begins[slot + 1] - e)]=] TO [=[slots.entries.begin(entity) + (e - begins[slot])]=])
add_mutant(hybrid_forgets_the_sampled_movie SOURCE cuda/methods/hybrid_kernels.cu PROGRAM hybrid_twin_test
           FAILS Losses/HybridTwinTest.AStepAgreesWithTheCpu/Bpr FROM [=[negative ? -coefficients[s] : coefficients[s]]=] TO [=[coefficients[s]]=])
add_mutant(hybrid_takes_every_movie_for_rated SOURCE cuda/methods/hybrid_kernels.cu PROGRAM hybrid_twin_test
           FAILS Losses/HybridTwinTest.AStepAgreesWithTheCpu/Logistic FROM [[softplus(score) - target * score]] TO [[softplus(score) - score]])
add_mutant(search_takes_any_movie SOURCE cuda/learning/search.cu PROGRAM hybrid_twin_test
           FAILS Losses/HybridTwinTest.AStepAgreesWithTheCpu/Warp FROM [[trial < trials && !(value <= least)]] TO [[trial < trials]])
add_mutant(search_ignores_dropout SOURCE cuda/learning/search.cu PROGRAM hybrid_twin_test
           FAILS Losses/HybridTwinTest.AStepAgreesWithTheCpu/Warp FROM [[begin(item) + (alone ? 1 : 0)]] TO [[begin(item)]])
add_mutant(hybrid_updates_before_summing_squares SOURCE cuda/learning/adagrad.cuh COMPILE cuda/methods/hybrid_kernels.cu PROGRAM hybrid_twin_test
           FAILS Losses/HybridTwinTest.AStepAgreesWithTheCpu/Squared FROM [[sum += g * g;]] TO [[]])
add_mutant(hybrid_pays_no_penalty SOURCE cuda/learning/embedding_table.cuh COMPILE cuda/methods/hybrid_kernels.cu PROGRAM hybrid_twin_test
           FAILS Losses/HybridTwinTest.AStepAgreesWithTheCpu/Squared FROM [[sum.extra += element.value * element.value]] TO [[sum.extra += element.value]])
add_mutant(frozen_vectors_of_the_first_batch SOURCE cuda/learning/frozen_vectors.cu PROGRAM hybrid_twin_test
           FAILS Losses/HybridTwinTest.FrozenVectorsAgreeWithTheCpu/Squared FROM [=[entity[global], quad]=] TO [=[entity[slot], quad]=])
add_mutant(frozen_sums_skip_slots SOURCE cuda/learning/frozen_vectors.cu PROGRAM deep_twin_test
           FAILS Both/DeepTwinTest.FrozenVectorsAgreeWithTheCpu/Rating FROM [[s += parts]] TO [[s += 2 * parts]])
add_mutant(search_forgets_the_bias_of_vectors SOURCE cuda/learning/search.cu PROGRAM hybrid_twin_test
           FAILS Losses/HybridTwinTest.FrozenVectorsAgreeWithTheCpu/Warp
           FROM [=[batch.frozen_products(slot, c) + batch.items.bias[batch.items.first_frozen() + c]]=] TO [=[batch.frozen_products(slot, c)]=])
add_mutant(deep_masks_another_layer SOURCE cuda/methods/deep_model.cu PROGRAM deep_twin_test
           FAILS Both/DeepTwinTest.EpochsAgreeWithTheCpu/Rating FROM [[(layer << 16U)]] TO [[(layer << 17U)]])
add_mutant(deep_passes_dead_units SOURCE cuda/methods/deep_model.cu PROGRAM deep_twin_test
           FAILS Both/DeepTwinTest.HeadsAgreeWithTheCpu/Rating FROM [[h.w > 0 ? scale * g.w : 0.0F]] TO [[scale * g.w]])
add_mutant(deep_forgets_interactions SOURCE cuda/learning/embedding_table.cuh COMPILE cuda/methods/deep_slots.cu PROGRAM deep_twin_test
           FAILS Both/DeepTwinTest.EpochsAgreeWithTheCpu/Rating FROM [[gradients.common.rows > 0]] TO [[gradients.common.rows > 100000]])
add_mutant(deep_interacts_under_any_head SOURCE cuda/methods/deep_slots.cu PROGRAM deep_twin_test
           FAILS Both/DeepTwinTest.HeadsAgreeWithTheCpu/Rating FROM [=[batch.interacts ? batch.side[first].reads : DeepReads{}]=] TO [=[batch.side[first].reads]=])
add_mutant(aggregate_loses_a_collision SOURCE cuda/math/aggregate.cu PROGRAM aggregate_twin_test
           FAILS AggregateTest.UsersAndItemsAreTheCpusBitForBit FROM [[found == to || found == nobody]] TO [[true]])
add_mutant(aggregate_takes_any_rating SOURCE cuda/math/aggregate.cu PROGRAM aggregate_twin_test
           FAILS AggregateTest.OneRatingOfAnotherScaleIsEnough FROM [[&& doubled == truncf(doubled)]] TO [[]])
add_mutant(rows_begin_late SOURCE cuda/math/sparse.cu PROGRAM sparse_twin_test
           FAILS SparseTest.RowsFromTriplesKeepTheOrderOfDuplicates FROM [[cells[middle] < wanted]] TO [[cells[middle] <= wanted]])
add_mutant(columns_one_bit_short SOURCE cuda/math/sparse.cu PROGRAM sparse_twin_test FAILS SparseTest.ColumnsBecomeRows
           FROM [[cells[e] & ((std::uint64_t{1} << column_bits) - 1)]] TO [[cells[e] & ((std::uint64_t{1} << column_bits) / 2 - 1)]])
add_mutant(parts_forget_where_they_begin SOURCE cuda/math/scoring.cpp PROGRAM rank_test FAILS RankTest.UsersAreTakenInParts
           FROM [[score(users.part(first, count), scores);]] TO [[score(users.part(0, count), scores);]])
add_mutant(lists_pass_a_masked_item SOURCE cuda/math/rank.cuh COMPILE cuda/math/rank.cu PROGRAM rank_test FAILS RankTest.MasksOfEveryShape
           FROM [[passed && item >= first]] TO [[passed && item > first]])
add_mutant(lists_go_beyond_the_catalogue SOURCE cuda/math/rank.cuh COMPILE cuda/math/rank.cu PROGRAM rank_test FAILS RankTest.ListsOfEveryLength
           FROM [[place = items - first + lane]] TO [[place = stretch]])
add_mutant(ties_by_higher_item SOURCE cuda/math/rank.cuh COMPILE cuda/math/rank.cu PROGRAM rank_test
           FAILS RankTest.AllScoresEqualAreRankedByItem FROM [[| static_cast<unsigned>(item);]] TO [[| ~static_cast<unsigned>(item);]])
add_mutant(ties_beyond_the_list SOURCE cuda/math/rank.cuh COMPILE cuda/math/rank.cu PROGRAM rank_test
           FAILS RankTest.ListsOfEveryLength FROM [[ties -= __popc(equal);]] TO [[]])
add_mutant(weeding_stops_early SOURCE cuda/math/rank.cuh COMPILE cuda/math/rank.cu PROGRAM rank_test FAILS RankTest.ListsOfEveryLength
           FROM [[if (here == depth)]] TO [[if (here >= depth)]])
add_mutant(lists_of_one_slice SOURCE cuda/math/rank.cu PROGRAM rank_test FAILS RankTest.ListsOfEveryLength
           FROM [[slice < candidates.slices;]] TO [[slice < 1;]])
add_mutant(zeros_have_signs SOURCE cuda/math/rank.cuh COMPILE cuda/math/rank.cu PROGRAM rank_test
           FAILS RankTest.ZerosOfBothSignsAreOneScore FROM [[__float_as_uint(score + 0.0F)]] TO [[__float_as_uint(score)]])
add_mutant(inverse_turns_nothing SOURCE cuda/math/invert_symmetric.cu PROGRAM inverse_twin_test
           FAILS InverseTwinTest.AgreesWithPlainElimination FROM [=[above ? turned[y][x] :]=] TO [=[above ? turned[x][y] :]=])
add_mutant(counts_lack_a_barrier SOURCE cuda/math/count_together.cu PROGRAM inverse_twin_test
           FAILS InverseTwinTest.CountsOfColumnsTogether FROM [[__syncthreads();  // zeros are there before any warp adds]] TO [[]])
add_mutant(sums_skip_entries SOURCE cuda/math/row_sums.cu PROGRAM inverse_twin_test
           FAILS InverseTwinTest.SumsOfRowsAndOfElements FROM [[e += warp_size]] TO [[e += 2 * warp_size]])
add_mutant(judges_forget_their_order SOURCE cuda/judge/network.cu PROGRAM network_twin_test
           FAILS Kinds/JudgeNetworkTest.GradientsAgreeWithTheCpu/0 FROM [=[chosen[r] = targets[order[r]]]=] TO [=[chosen[r] = targets[r]]=])
add_mutant(judges_cross_without_the_sample SOURCE cuda/judge/network.cu PROGRAM network_twin_test
           FAILS Kinds/JudgeNetworkTest.PredictionsAgreeWithTheCpu/2 FROM [[x(r, c) * (g + 1.0F)]] TO [[x(r, c) * g]])
add_mutant(judges_drop_by_another_layer SOURCE cuda/judge/network.cu PROGRAM network_twin_test
           FAILS Kinds/JudgeNetworkTest.GradientsAgreeWithTheCpu/1 FROM [[(mask.layer << 16U)]] TO [[(mask.layer << 17U)]])
add_mutant(judges_let_biases_decay SOURCE cuda/math/adam.cu PROGRAM network_twin_test
           FAILS Kinds/JudgeNetworkTest.StepsAreThoseOfTheCpuAndOnlyMatricesDecay/0 FROM [[if (i >= decaying) step.shrink = 1.0F;]] TO [[]])
add_mutant(histories_lose_a_warp SOURCE cuda/learning/user_batches.cuh COMPILE cuda/methods/elsa.cu PROGRAM elsa_twin_test
           FAILS ElsaTwinTest.EpochsAgreeWithTheCpu FROM [[other < history_warps;]] TO [[other + 1 < history_warps;]])
add_mutant(marks_end_with_a_word SOURCE cuda/learning/user_batches.cuh COMPILE cuda/methods/elsa.cu PROGRAM elsa_twin_test
           FAILS ElsaTwinTest.EpochsAgreeWithTheCpu FROM [[word < marks.columns;]] TO [[word < 1;]])
add_mutant(totals_are_of_a_warp SOURCE cuda/math/block_totals.cuh COMPILE cuda/methods/elsa.cu PROGRAM elsa_twin_test
           FAILS ElsaTwinTest.EpochsAgreeWithTheCpu FROM [=[group_sum<warps>(scratch[lane % warps])]=] TO [=[group_sum<warps>(scratch[0])]=])
add_mutant(the_largest_is_of_a_warp SOURCE cuda/math/block_totals.cuh COMPILE cuda/methods/mult_vae_kernels.cu PROGRAM mult_vae_twin_test
           FAILS MultVaeTwinTest.ScoresBecomeTheGradientOfTheLoss FROM [=[return of_warp(scratch[lane % warps]);]=] TO [=[return of_warp(scratch[lane % warps / warps]);]=])
add_mutant(elsa_moves_what_is_not_positive SOURCE cuda/methods/elsa.cu PROGRAM elsa_twin_test
           FAILS ElsaTwinTest.AStepAgreesWithTheCpu FROM [[positive > 0 ? positive - each * length / cosine : 0.0F]] TO [[positive - each * length / cosine]])
add_mutant(elsa_lengthens_vectors SOURCE cuda/methods/elsa.cu PROGRAM elsa_twin_test
           FAILS ElsaTwinTest.AStepAgreesWithTheCpu FROM [=[add_scaled(-along, a[j], g[j]);]=] TO [=[add_scaled(-0.5F * along, a[j], g[j]);]=])
add_mutant(elsa_begins_with_other_lengths SOURCE cuda/methods/elsa.cu PROGRAM elsa_twin_test
           FAILS ElsaTwinTest.NothingToLearnFromIsFine FROM [[const float length = sqrtf(group_sum<warp_size>(squares));]]
           TO [[const float length = sqrtf(2.0F * group_sum<warp_size>(squares));]])
add_mutant(layers_begin_alike SOURCE cuda/learning/first_vectors.cu PROGRAM mult_vae_twin_test
           FAILS MultVaeTwinTest.AStepAgreesWithTheCpu FROM [[static_cast<std::uint64_t>(element), part)]] TO [[static_cast<std::uint64_t>(element), part / 4)]])
add_mutant(noise_of_the_next_numbers SOURCE cuda/math/normal_numbers.cuh COMPILE cuda/methods/mult_vae_kernels.cu PROGRAM mult_vae_twin_test
           FAILS MultVaeTwinTest.AStepAgreesWithTheCpu FROM [[random.bits(a, b)]] TO [[random.bits(a, b + 1)]])
add_mutant(fours_keep_their_second_moment SOURCE cuda/math/adam.cuh COMPILE cuda/methods/mult_vae_kernels.cu PROGRAM mult_vae_twin_test
           FAILS MultVaeTwinTest.EpochsAgreeWithTheCpu FROM [[v = second;]] TO [[]])
add_mutant(vae_leaves_nothing_out SOURCE cuda/methods/mult_vae_kernels.cu PROGRAM mult_vae_twin_test
           FAILS MultVaeTwinTest.EpochsAgreeWithTheCpu FROM [[epoch) < share) return false;]] TO [[epoch) < 0) return false;]])
add_mutant(vae_takes_constants_away SOURCE cuda/methods/mult_vae_kernels.cu PROGRAM mult_vae_twin_test
           FAILS MultVaeTwinTest.EpochsAgreeWithTheCpu FROM [=[f(x(r, column) + constants[column])]=] TO [=[f(x(r, column) - constants[column])]=])
add_mutant(vae_passes_tanh_untouched SOURCE cuda/methods/mult_vae_kernels.cu PROGRAM mult_vae_twin_test
           FAILS MultVaeTwinTest.EpochsAgreeWithTheCpu FROM [[*= 1.0F - y(r, column) * y(r, column);]] TO [[*= 1.0F;]])
add_mutant(vae_pulls_logarithms_to_nothing SOURCE cuda/methods/mult_vae_kernels.cu PROGRAM mult_vae_twin_test
           FAILS MultVaeTwinTest.EpochsAgreeWithTheCpu FROM [[pull * (half * half - 1.0F)]] TO [[pull * half * half]])
add_mutant(vae_forgets_whose_codes_were_before SOURCE cuda/methods/mult_vae_kernels.cu PROGRAM mult_vae_twin_test
           FAILS MultVaeTwinTest.EpochsOfTheCompositePriorAgreeWithTheCpu FROM [=[previous(user, k)]=] TO [=[previous(r, k)]=])
add_mutant(vae_diverges_twice SOURCE cuda/methods/mult_vae_kernels.cu PROGRAM mult_vae_twin_test
           FAILS MultVaeTwinTest.EpochsAgreeWithTheCpu FROM [=[losses[r] = beta * divergence;]=] TO [=[losses[r] = 2 * beta * divergence;]=])
add_mutant(vae_adds_sums_of_other_bases SOURCE cuda/methods/mult_vae_kernels.cu PROGRAM mult_vae_twin_test
           FAILS MultVaeTwinTest.ScoresBecomeTheGradientOfTheLoss FROM [[seen.sum * static_cast<double>(expf(seen.most - most))]] TO [[seen.sum]])
add_mutant(vae_weighs_all_users_alike SOURCE cuda/methods/mult_vae_kernels.cu PROGRAM mult_vae_twin_test
           FAILS MultVaeTwinTest.EpochsAgreeWithTheCpu FROM [=[add_scaled(scales[r], quad_of(g1, r, quad), gradient);]=]
           TO [=[add_scaled(1.0F, quad_of(g1, r, quad), gradient);]=])
add_mutant(short_products_lose_an_entry SOURCE cuda/math/spmm.cu PROGRAM spmm_test FAILS SpmmTest.RowsOfEverySizeAreExact
           FROM [[work.add_entries(work.matrix.begin(row), ]] TO [[work.add_entries(work.matrix.begin(row) + 1, ]])
add_mutant(medium_products_stride_too_far SOURCE cuda/math/spmm.cu PROGRAM spmm_test FAILS SpmmTest.RowsOfEverySizeAreExact
           FROM [[work.matrix.end(row), groups, quad, sum)]] TO [[work.matrix.end(row), groups + 1, quad, sum)]])
add_mutant(piece_products_lack_the_barrier SOURCE cuda/math/spmm.cu PROGRAM spmm_test FAILS SpmmTest.RowsOfEverySizeAreExact
           FROM [[__syncthreads();  // the first group adds]] TO [[// the first group adds]])
add_mutant(long_products_lose_a_piece SOURCE cuda/math/spmm.cu PROGRAM spmm_test FAILS SpmmTest.RowsOfEverySizeAreExact
           FROM [[piece = row.first;]] TO [[piece = row.first + 1;]])
add_mutant(wide_columns_have_no_part SOURCE cuda/math/orthogonal.cu PROGRAM orthogonal_twin_test
           FAILS OrthogonalTwinTest.TrianglesAndColumnsAreThoseOfTheHost FROM [[if (at.row < x.rows)]] TO [[if (at.row + 1 < x.rows)]])
add_mutant(columns_without_direction_stay SOURCE cuda/math/orthogonal.cu PROGRAM orthogonal_twin_test
           FAILS OrthogonalTwinTest.TrianglesAndColumnsAreThoseOfTheHost FROM [=[has_direction[at.column] != 0]=] TO [=[has_direction[at.column] < 2]=])
add_mutant(signs_of_one_word SOURCE cuda/math/randomized_svd.cu PROGRAM orthogonal_twin_test
           FAILS OrthogonalTwinTest.SingularVectorsAreThoseOfTheHost FROM [=[words[word] >> bit]=] TO [=[words[0] >> bit]=])
add_mutant(filters_forget_two_degrees_ago SOURCE cuda/math/randomized_svd.cu PROGRAM orthogonal_twin_test
           FAILS OrthogonalTwinTest.SingularVectorsAreThoseOfTheHost FROM [=[(first ? 0.0F : older[e])]=] TO [=[0.0F]=])
add_mutant(singular_vectors_of_any_sign SOURCE cuda/math/randomized_svd.cu PROGRAM orthogonal_twin_test
           FAILS OrthogonalTwinTest.SingularVectorsAreThoseOfTheHost FROM [[if (largest >= 0) return;]] TO [[if (largest <= 0) return;]])
add_mutant(groups_draw_the_same_items SOURCE cuda/methods/lightgcn_kernels.cu PROGRAM lightgcn_twin_test
           FAILS LightGcnTwinTest.GradientsOfABatchAreThoseOfTheCpu FROM [=[batch.orders[group](drawn)]=] TO [=[batch.orders[0](drawn)]=])
add_mutant(directions_keep_a_length SOURCE cuda/methods/lightgcn_kernels.cu PROGRAM lightgcn_twin_test
           FAILS LightGcnTwinTest.GradientsOfABatchAreThoseOfTheCpu FROM [[length > 0 ? 1 / length : 0]] TO [[length > 0 ? 1 / squares : 0]])
add_mutant(pairs_pull_the_other_item SOURCE cuda/methods/lightgcn_kernels.cu PROGRAM lightgcn_twin_test
           FAILS LightGcnTwinTest.GradientsOfABatchAreThoseOfTheCpu FROM [[times(-slope, x)]] TO [[times(slope, x)]])
add_mutant(contrasts_keep_the_users_own SOURCE cuda/methods/lightgcn_kernels.cu PROGRAM lightgcn_twin_test
           FAILS LightGcnTwinTest.GradientsOfABatchAreThoseOfTheCpu FROM [[= -INFINITY;]] TO [[= 0.5F;]])
add_mutant(contrasts_count_twice SOURCE cuda/methods/lightgcn_kernels.cu PROGRAM lightgcn_twin_test
           FAILS LightGcnTwinTest.GradientsOfABatchAreThoseOfTheCpu FROM [=[ratings.indices[e - 1] == item]=] TO [=[ratings.indices[e - 1] > item]=])
add_mutant(parts_move_along_themselves SOURCE cuda/methods/lightgcn_kernels.cu PROGRAM lightgcn_twin_test
           FAILS LightGcnTwinTest.GradientsOfABatchAreThoseOfTheCpu FROM [[add_scaled(-along, ]] TO [[add_scaled(along, ]])
add_mutant(parts_are_not_counted SOURCE cuda/learning/node_sums.cu PROGRAM node_sums_test
           FAILS NodeSumsTest.SumsAndCountsAreThoseOfPlainLoops FROM [[sum.bias += 1.0F;]] TO [[sum.bias = 1.0F;]])
add_mutant(nodes_pay_once SOURCE cuda/methods/lightgcn_kernels.cu PROGRAM lightgcn_twin_test
           FAILS LightGcnTwinTest.GradientsOfABatchAreThoseOfTheCpu FROM [=[each * static_cast<double>(counts[node])]=] TO [=[each]=])
add_mutant(baskets_take_what_is_named_twice SOURCE cuda/methods/item2vec_baskets.cu PROGRAM item2vec_twin_test
           FAILS Item2VecTwinTest.BasketsAreThoseOfTheCpu FROM [[kept = !twice && ]] TO [[kept = (!twice || e > 0) && ]])
add_mutant(baskets_shuffle_by_half_a_number SOURCE cuda/methods/item2vec_baskets.cu PROGRAM item2vec_twin_test
           FAILS Item2VecTwinTest.BasketsAreThoseOfTheCpu FROM [[return bits.z;]] TO [[return bits.w;]])
add_mutant(baskets_of_the_item_before SOURCE cuda/methods/item2vec_baskets.cu PROGRAM item2vec_twin_test
           FAILS Item2VecTwinTest.BasketsAreThoseOfTheCpu FROM [[((t + 1) * parts - 1) / kept]] TO [[t * parts / kept]])
add_mutant(groups_draw_from_the_first_on SOURCE cuda/methods/item2vec_kernels.cu PROGRAM item2vec_twin_test
           FAILS Item2VecTwinTest.SumsOfWholeNumbersAreExact FROM [[batch.number * drawn_items + d]] TO [[d]])
add_mutant(groups_end_in_other_rows SOURCE cuda/methods/item2vec_kernels.cu PROGRAM item2vec_twin_test
           FAILS Item2VecTwinTest.SumsOfWholeNumbersAreExact FROM [[place < 0 ? make_float4(0, 0, 0, 0)]] TO [[place < 0 ? make_float4(1, 1, 0, 0)]])
add_mutant(items_are_pushed_by_one_context SOURCE cuda/methods/item2vec_kernels.cu PROGRAM item2vec_twin_test
           FAILS Item2VecTwinTest.SumsOfWholeNumbersAreExact FROM [[score = each * sigmoid(score);]] TO [[score = sigmoid(each * score);]])
add_mutant(items_meet_themselves SOURCE cuda/methods/item2vec_kernels.cu PROGRAM item2vec_twin_test
           FAILS Item2VecTwinTest.SumsOfWholeNumbersAreExact FROM [[c < size && begin + c != place]] TO [[c < size]])
add_mutant(contexts_pull_by_the_wrong_score SOURCE cuda/methods/item2vec_kernels.cu PROGRAM item2vec_twin_test
           FAILS Item2VecTwinTest.GradientsAreThoseOfTheFormulas FROM [[by_backward = odd ? own_score.slope : other_slope]] TO [[by_backward = odd ? other_slope : own_score.slope]])
add_mutant(items_forget_what_pushed_them SOURCE cuda/methods/item2vec_kernels.cu PROGRAM item2vec_twin_test
           FAILS Item2VecTwinTest.SumsOfWholeNumbersAreExact
           FROM [[add_scaled(1.0F, gradient.vector[j], quad_of(parts, row, quad));]] TO [[quad_of(parts, row, quad) = gradient.vector[j];]])
add_mutant(unrated_items_stay_as_they_are SOURCE cuda/methods/item2vec_kernels.cu PROGRAM item2vec_twin_test
           FAILS Item2VecTwinTest.EpochsAgreeWithTheCpu FROM [[shares[row] == 0.0F]] TO [[shares[row] < 0.0F]])
add_mutant(pairs_know_their_own_item SOURCE cuda/methods/two_tower_kernels.cu PROGRAM two_tower_twin_test
           FAILS TwoTowerTwinTest.GradientsOfABatchAreThoseOfTheFormulas FROM [[add_scaled(-each, ]] TO [[add_scaled(0 * each, ]])
add_mutant(items_come_once_a_group SOURCE cuda/methods/two_tower_kernels.cu PROGRAM two_tower_twin_test
           FAILS TwoTowerTwinTest.GradientsOfABatchAreThoseOfTheFormulas
           FROM [=[place = next[place])]=] TO [=[place = next[place] < 0 ? next[place] : -1)]=])
add_mutant(rows_step_at_one_rate SOURCE cuda/learning/table_adam.cu PROGRAM two_tower_twin_test
           FAILS TwoTowerTwinTest.EpochsAgreeWithTheCpu FROM [=[step.rate *= shares[row];]=] TO [=[step.rate *= shares[0];]=])
add_mutant(quads_forget_what_moved SOURCE cuda/methods/bayes_rows.cu PROGRAM bayes_twin_test
           FAILS BayesBlockTwinTest.IdentitiesAreDrawnFromTheirConditionalDistributions
           FROM [=[target -= sum[place_of(i, j)] * move[i];]=] TO [=[target -= sum[place_of(j, j)] * move[i];]=])
add_mutant(columns_tell_no_targets SOURCE cuda/methods/bayes_columns.cu PROGRAM bayes_twin_test
           FAILS BayesBlockTwinTest.FeaturesAreDrawnFromTheirConditionalDistributions
           FROM [[state.target -= state.squares * by;]] TO [[]])
add_mutant(priors_count_twice SOURCE cuda/methods/bayes_priors.cu PROGRAM bayes_twin_test
           FAILS BayesBlockTwinTest.PriorsAreThoseOfTheHost FROM [[count += 1;]] TO [[count += 2;]])
add_mutant(priors_weigh_nothing SOURCE cuda/math/normal_equations.cuh COMPILE cuda/math/normal_equations.cu PROGRAM normal_equations_test
           FAILS NormalEquationsTest.PriorsPullTheSolutions FROM [=[systems.ridge[row] * systems.prior(row, c)]=] TO [=[systems.prior(row, c)]=])
add_mutant(features_of_a_warp_are_lost SOURCE cuda/methods/feature_ials_regression.cu PROGRAM feature_ials_twin_test
           FAILS FeatureIalsTwinTest.RegressionsAreThoseOfTheCpu FROM [[other < warps;]] TO [[other + 1 < warps;]])
add_mutant(regressions_never_turn SOURCE cuda/methods/feature_ials_regression.cu PROGRAM feature_ials_twin_test
           FAILS FeatureIalsTwinTest.RegressionsAreThoseOfTheCpu FROM [[r.y + turn.y * d.y]] TO [[r.y]])
add_mutant(rows_without_ratings_are_pairs SOURCE cuda/methods/feature_ials_kernels.cu PROGRAM feature_ials_twin_test
           FAILS FeatureIalsTwinTest.EpochsFollowTheFormula FROM [=[has_ratings(rows, row) ? quad_of]=] TO [=[true ? quad_of]=])
add_mutant(penalties_of_half_a_prior SOURCE cuda/methods/feature_ials_kernels.cu PROGRAM feature_ials_twin_test
           FAILS FeatureIalsTwinTest.RowsOfWholeNumbersAreExact FROM [[q * (2 * f - q)]] TO [[q * (f - q)]])
add_mutant(kept_rows_count_the_last_again SOURCE cuda/math/improve_rows.cu PROGRAM normal_equations_test
           FAILS NormalEquationsTest.StepsOfConjugateGradientsFollowTheFormula FROM [[load(fixed_ + column * pitch_, rating < count_)]] TO [[load(fixed_ + column * pitch_, true)]])
add_mutant(rows_of_a_block_lose_a_warp SOURCE cuda/math/improve_rows.cu PROGRAM normal_equations_test
           FAILS NormalEquationsTest.StepsOfConjugateGradientsFollowTheFormula FROM [[other < Team::warps;]] TO [[other + 1 < Team::warps;]])
add_mutant(products_of_the_first_entry SOURCE cuda/math/row_products.cuh COMPILE cuda/math/row_products.cu PROGRAM neighbors_twin_test
           FAILS NeighborsTwinTest.RowsAndElementsOfProducts FROM [[value_of(left, first + thread)]] TO [[value_of(left, first)]])
add_mutant(entries_add_all_at_once SOURCE cuda/math/row_products.cuh COMPILE cuda/math/neighbors.cu PROGRAM neighbors_twin_test
           FAILS NeighborsTwinTest.NearestRowsAreThoseOfTheHost FROM [[__syncthreads();  // the next entry adds]] TO [[// the next entry adds]])
add_mutant(elements_are_sought_too_far SOURCE cuda/math/row_products.cu PROGRAM neighbors_twin_test
           FAILS NeighborsTwinTest.RowsAndElementsOfProducts FROM [=[matrix.indices[middle] < column]=] TO [=[matrix.indices[middle] <= column]=])
add_mutant(rows_are_their_own_neighbors SOURCE cuda/math/neighbors.cu PROGRAM neighbors_twin_test
           FAILS NeighborsTwinTest.NearestRowsAreThoseOfTheHost FROM [[product > 0 && other != row]] TO [[product > 0]])
add_mutant(ties_lose_the_last SOURCE cuda/math/neighbors.cu PROGRAM neighbors_twin_test
           FAILS NeighborsTwinTest.OfEqualSimilarityTheLowerOnesAreKept FROM [[(equal && equal_before < limit.ties)]] TO [[(equal && equal_before + 1 < limit.ties)]])
add_mutant(opinions_are_not_drawn_to_biases SOURCE cuda/methods/knn_trainer.cu PROGRAM knn_twin_test
           FAILS Both/KnnTwinTest.PredictionsAndScoresAgreeWithTheCpu/item_rating FROM [[sum / (weight + damping)]] TO [[sum / weight]])
add_mutant(places_overlook_a_warp SOURCE cuda/math/block_places.cuh COMPILE cuda/math/neighbors.cu PROGRAM neighbors_twin_test
           FAILS NeighborsTwinTest.NearestRowsAreThoseOfTheHost FROM [[if (other < warp)]] TO [[if (other + 1 < warp)]])
add_mutant(columns_begin_with_weights SOURCE cuda/methods/slim.cu PROGRAM slim_twin_test
           FAILS SlimTwinTest.WeightsThatDoNotMeetAreExact FROM [=[column_[item] = 0;]=] TO [=[]=])
add_mutant(moves_move_nothing_else SOURCE cuda/methods/slim.cu PROGRAM slim_twin_test
           FAILS SlimTwinTest.ScoresAndLossAgreeWithTheCpu FROM [[if (move != 0) {]] TO [[if (move < 0) {]])
