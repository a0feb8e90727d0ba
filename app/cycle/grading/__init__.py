"""What a certified cycle makes of its figures: results, grades, calibration, what people were told, promotion, the lab."""
