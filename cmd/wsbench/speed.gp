# Draws the chart of make bench to ARG2. ARG1 has the medians of websocketd, wsd
# and the yardstick, in this order, as benchstat -format csv prints them. Text and
# colours are legible on light and dark pages.
set datafile separator comma
set terminal svg size 860,400 font "sans-serif,14"
set output ARG2

grey = "#7d7d7d"
set title "Messages, round trips (Rtt) or connections (Churn) a second; each line is ten times the one below" textcolor rgb grey
set key below horizontal samplen 1.5 textcolor rgb grey
set border 1 linecolor rgb grey
set xtics nomirror scale 0 textcolor rgb grey
set ytics nomirror scale 0 textcolor rgb grey
set grid ytics linetype 1 linecolor rgb grey linewidth 0.3
set logscale y
set xrange [-0.6:*]
set yrange [100:*]
set format y "%.0s %c"
set style data histogram
set style histogram clustered gap 1
set style fill solid noborder

medians = sprintf("< grep -v -e : -e op/s -e geomean '%s'", ARG1)
plot medians using 2:xticlabels(1) title columnheader linecolor rgb "#9a9a9a", \
     "" using 4 title columnheader linecolor rgb "#2f81f7", \
     "" using 8 title columnheader linecolor rgb "#d9822b", \
     "" using ($0 - 0.25):(130):(strlen(strcol(2)) ? "" : "no result") every ::1 with labels left rotate by 90 textcolor rgb grey notitle
